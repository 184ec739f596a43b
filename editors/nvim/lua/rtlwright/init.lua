--- rtlwright in Neovim: checked ghost text, candidates with their verdicts, modules from specifications.

local M = {}

--- Starts the language server for Verilog buffers. See |rtlwright-setup|.
---@param options? table
function M.setup(options)
  local config = require('rtlwright.config').set(options or {})
  vim.cmd.runtime('plugin/rtlwright.lua') -- a plugin manager that was given a path of its own has not read it
  local group = vim.api.nvim_create_augroup('rtlwright', { clear = true })
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = config.filetypes,
    callback = function(event)
      require('rtlwright.server').attach(event.buf)
    end,
  })
  require('rtlwright.inline').watch(group)
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buf) and vim.tbl_contains(config.filetypes, vim.bo[buf].filetype) then
      require('rtlwright.server').attach(buf)
    end
  end
end

--- For a statusline: empty where no server is attached.
---@return string
function M.status()
  return require('rtlwright.status').component()
end

for _, name in ipairs({ 'accept', 'accept_word', 'accept_line', 'next', 'previous', 'dismiss', 'trigger', 'visible', 'toggle' }) do
  M[name] = function()
    return require('rtlwright.inline')[name]()
  end
end

--- All candidates at the cursor with the word of each tool.
function M.candidates()
  require('rtlwright.candidates').open()
end

--- A module from `spec`, or from the comment at the cursor, shown as a difference first.
---@param spec? string
function M.generate(spec)
  require('rtlwright.generate').ask(spec)
end

--- A module of the project, picked from a list and instantiated at the cursor.
function M.instantiate()
  require('rtlwright.instantiate').pick()
end

function M.restart()
  require('rtlwright.server').restart()
end

return M
