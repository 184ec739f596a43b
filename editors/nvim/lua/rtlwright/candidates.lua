--- The window of candidates: what was offered, what was rejected, and each tool's word.

local server = require('rtlwright.server')
local place = require('rtlwright.place')
local M = {}
local namespace = vim.api.nvim_create_namespace('rtlwright.candidates')

local WORDS = { pass = 'passed', warn = 'passed with a warning', fail = 'rejected', unchecked = 'not checked in time' }
local COLOURS = { pass = 'DiagnosticOk', warn = 'DiagnosticWarn', fail = 'DiagnosticError', unchecked = 'Comment', skipped = 'Comment' }

--- Lines of the window, the highlights of some, and which candidate each line belongs to.
function M.lines(answer)
  local lines, colours, owner = {}, {}, {}
  local function add(text, colour, suggestion)
    for _, line in ipairs(vim.split(text, '\n', { plain = true })) do
      lines[#lines + 1] = line
      colours[#lines] = colour
      owner[#lines] = suggestion
    end
  end
  local function one(number, suggestion)
    local origin = suggestion.source .. (type(suggestion.model) == 'string' and ': ' .. suggestion.model or '')
    local verdict = suggestion.verdict
    local word = suggestion.rejected and verdict.status ~= 'fail' and 'withheld' or WORDS[verdict.status] or verdict.status
    add(('%d. %s (%s)'):format(number, word, origin), COLOURS[verdict.status], suggestion)
    add((suggestion.text:gsub('^\n', '')), nil, suggestion)
    for _, stage in ipairs(verdict.stages) do
      add(('   %-10s %-8s %6.1f ms'):format(stage.name, stage.status, stage.ms), COLOURS[stage.status], suggestion)
      for _, found in ipairs(stage.diagnostics) do
        local line = type(found.line) == 'number' and found.line > 0 and (', line %d'):format(found.line) or ''
        add(('     %s%s: %s'):format(found.tool, line, (found.message:gsub('\n', ' '))), COLOURS[stage.status], suggestion)
      end
    end
    add('', nil, suggestion)
  end
  for number, suggestion in ipairs(answer.suggestions) do
    one(number, suggestion)
  end
  if #answer.suggestions == 0 then
    add('No candidate passed the checks.\n', 'Comment')
  end
  for _, note in ipairs(answer.notes) do
    add(note, 'DiagnosticWarn')
  end
  if #answer.rejected > 0 then
    add(('%d rejected or withheld, never shown as ghost text:\n'):format(#answer.rejected), 'Comment')
    for number, suggestion in ipairs(answer.rejected) do
      one(number, vim.tbl_extend('force', suggestion, { rejected = true }))
    end
  end
  return lines, colours, owner
end

local function show(answer, target)
  local lines, colours, owner = M.lines(answer)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  for row, colour in pairs(colours) do
    vim.api.nvim_buf_set_extmark(buf, namespace, row - 1, 0, { line_hl_group = colour })
  end
  vim.bo[buf].modifiable = false
  vim.bo[buf].bufhidden = 'wipe'
  vim.bo[buf].filetype = 'rtlwright-candidates'
  vim.cmd('botright vsplit')
  vim.api.nvim_win_set_buf(0, buf)
  vim.wo.number, vim.wo.relativenumber, vim.wo.wrap = false, false, false
  vim.wo.winbar = ' rtlwright: <CR> inserts, q closes'
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buf, nowait = true })
  vim.keymap.set('n', '<CR>', function()
    M.insert(owner[vim.api.nvim_win_get_cursor(0)[1]], target)
  end, { buffer = buf, nowait = true })
end

--- Puts a candidate where it was asked for, if the text is as it was.
function M.insert(suggestion, target)
  if not suggestion or suggestion.rejected then
    vim.notify('rtlwright: what was rejected is not inserted', vim.log.levels.WARN)
    return
  end
  if vim.api.nvim_buf_get_changedtick(target.buf) ~= target.tick then
    vim.notify('rtlwright: the text has changed since; ask for the candidates again', vim.log.levels.WARN)
    return
  end
  local client = server.client(target.buf)
  if not client then
    return
  end
  vim.cmd.close()
  local edit = { range = suggestion.range, newText = suggestion.text }
  vim.lsp.util.apply_text_edits({ edit }, target.buf, client.offset_encoding)
  server.execute('rtlwright.accepted', suggestion.id, nil, target.buf)
end

function M.open()
  local buf = vim.api.nvim_get_current_buf()
  local client = server.client(buf)
  if not client then
    vim.notify('rtlwright: no server in this buffer; see :checkhealth rtlwright', vim.log.levels.WARN)
    return
  end
  local target = { buf = buf, tick = vim.api.nvim_buf_get_changedtick(buf) }
  local asked = { uri = vim.uri_from_bufnr(buf), position = place.here(client).position }
  server.execute('rtlwright.candidates', asked, function(answer)
    if answer then
      show(answer, target)
    end
  end, buf)
end

return M
