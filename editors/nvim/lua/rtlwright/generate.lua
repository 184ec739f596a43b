--- From a specification to a module: written by the server, shown as a difference, inserted when the user says so.

local server = require('rtlwright.server')
local place = require('rtlwright.place')
local M = {}

local function verdict(answer)
  local words = { pass = 'passed', warn = 'passed with a warning' }
  local said = words[answer.verdict.status] or answer.verdict.status
  return type(answer.agreement) == 'string' and said .. ', ' .. answer.agreement or said
end

--- The edit that puts the module into the document.
local function edit_of(answer)
  local module = answer.text:gsub('\n+$', '')
  local range = { start = answer.edit.position, ['end'] = answer.edit.position }
  return { range = range, newText = answer.edit.before .. module .. answer.edit.after }
end

local function close(view)
  if vim.api.nvim_tabpage_is_valid(view.tab) and #vim.api.nvim_list_tabpages() > 1 then
    vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(view.tab))
  end
end

local function insert(view)
  close(view)
  if vim.api.nvim_buf_get_changedtick(view.target) ~= view.tick then
    vim.notify('rtlwright: the text has changed since; the module was not inserted', vim.log.levels.WARN)
    return
  end
  vim.lsp.util.apply_text_edits({ edit_of(view.answer) }, view.target, view.encoding)
  server.execute('rtlwright.accepted', view.answer.id, nil, view.target)
end

local show

local function another(view)
  server.execute('rtlwright.another', { id = view.answer.id, apply = false }, function(answer)
    if answer and vim.api.nvim_buf_is_valid(view.buf) then
      close(view)
      show(vim.tbl_extend('force', view, { answer = answer }))
    end
  end, view.target)
end

show = function(view)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.api.nvim_buf_get_lines(view.target, 0, -1, false))
  vim.lsp.util.apply_text_edits({ edit_of(view.answer) }, buf, view.encoding)
  vim.bo[buf].filetype = vim.bo[view.target].filetype
  vim.bo[buf].bufhidden = 'wipe'
  vim.bo[buf].modifiable = false
  vim.cmd('tab split')
  vim.api.nvim_win_set_buf(0, view.target)
  vim.cmd.diffthis()
  vim.cmd('rightbelow vsplit')
  vim.api.nvim_win_set_buf(0, buf)
  vim.cmd.diffthis()
  vim.wo.winbar = (' %s: <CR> inserts, n writes another, q discards'):format(verdict(view.answer))
  view.tab, view.buf = vim.api.nvim_get_current_tabpage(), buf
  for key, action in pairs({ ['<CR>'] = insert, n = another, q = close }) do
    vim.keymap.set('n', key, function()
      action(view)
    end, { buffer = buf, nowait = true })
  end
end

---@param spec? string
function M.ask(spec)
  local buf = vim.api.nvim_get_current_buf()
  local client = server.client(buf)
  if not client then
    vim.notify('rtlwright: no server in this buffer; see :checkhealth rtlwright', vim.log.levels.WARN)
    return
  end
  local view = { target = buf, tick = vim.api.nvim_buf_get_changedtick(buf), encoding = client.offset_encoding }
  local asked = { uri = vim.uri_from_bufnr(buf), position = place.here(client).position, apply = false }
  asked.spec = spec ~= '' and spec or nil
  vim.notify('rtlwright: writing a module…')
  server.execute('rtlwright.generate', asked, function(answer)
    if answer and type(answer.edit) == 'table' then
      show(vim.tbl_extend('force', view, { answer = answer }))
    end
  end, buf)
end

return M
