--- What the user has set, over the defaults; a key that does not exist is an error that says so.

local M = {}

M.defaults = {
  --- The server; found if nil: `.venv/bin` of the project, then $PATH, then ~/.local/bin.
  cmd = nil, ---@type string[]?
  filetypes = { 'verilog', 'systemverilog' },
  root_markers = { 'rtlwright.toml', 'verible.filelist', '.git' },
  --- Sent to the server, as in rtlwright.toml: { complete = { n = 5 } }.
  settings = {},
  inline = {
    enable = true,
    --- Neovim's own inline completion where it has one (0.12), else this plugin's ghost text.
    native = vim.fn.has('nvim-0.12') == 1,
    debounce_ms = 50,
  },
  --- Insert mode, in buffers with the server only; false maps nothing. A key that is mapped already is left alone.
  keys = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-C-Right>',
    next = '<M-]>',
    previous = '<M-[>',
    dismiss = '<C-]>',
    trigger = '<M-Bslash>',
  },
  status = { ready = 'rtl ✓', busy = 'rtl …', warning = 'rtl !', off = 'rtl -' },
}

local FREE = { settings = true, cmd = true, filetypes = true, root_markers = true }

M.current = vim.deepcopy(M.defaults)

local function check(options, known, path)
  for key, value in pairs(options) do
    if known[key] == nil and key ~= 'cmd' then
      local names = vim.tbl_keys(known)
      table.sort(names)
      error(('rtlwright.setup: unknown option %s%s; there are: %s'):format(path, key, table.concat(names, ', ')), 0)
    end
    if type(known[key]) == 'table' and type(value) == 'table' and not FREE[key] then
      check(value, known[key], path .. key .. '.')
    end
  end
end

---@param options table
function M.set(options)
  check(options, M.defaults, '')
  M.current = vim.tbl_deep_extend('force', vim.deepcopy(M.defaults), options)
  return M.current
end

return M
