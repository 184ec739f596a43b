--- Accepting, cycling and dismissing: Neovim's own inline completion where it is used, else our ghost text.
---
--- With both, ours shows what was asked for by hand, which Neovim 0.12 has no call for.

local config = require('rtlwright.config')
local ghost = require('rtlwright.ghost')
local part = require('rtlwright.part')
local server = require('rtlwright.server')

local M = {}
local enabled = true

local function native()
  return config.current.inline.native and vim.lsp.inline_completion ~= nil
end

local function attached(buf)
  return server.client(buf) ~= nil
end

local function native_visible(buf)
  local namespace = vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion']
  return namespace ~= nil and #vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { limit = 1 }) > 0
end

local suspended = {} ---@type table<integer, boolean?>

local function switch_native(buf, on)
  if native() then
    vim.lsp.inline_completion.enable(on, { bufnr = buf })
  end
end

--- While we show what was asked for by hand, Neovim must not show its own beside it.
local function suspend(buf)
  suspended[buf] = native() or nil
  switch_native(buf, false)
end

local function resume(buf)
  if suspended[buf] then
    suspended[buf] = nil
    switch_native(buf, enabled)
  end
end

---@param group integer
function M.watch(group)
  enabled = config.current.inline.enable
  vim.api.nvim_set_hl(0, 'RtlwrightGhost', { link = native() and 'ComplHint' or 'NonText', default = true })
  vim.api.nvim_set_hl(0, 'RtlwrightGhostCount', { link = native() and 'ComplHintMore' or 'MoreMsg', default = true })
  local on = function(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, callback = callback })
  end
  on('LspAttach', function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'rtlwright' then
      switch_native(event.buf, enabled)
      require('rtlwright.keys').map(event.buf)
    end
  end)
  on({ 'TextChangedI', 'CursorMovedI', 'InsertEnter', 'TextChangedP' }, function(event)
    if not attached(event.buf) then
      return
    elseif native() or not enabled then
      ghost.kept(event.buf)
      if not ghost.visible() and not ghost.waiting(event.buf) then
        resume(event.buf)
      end
    else
      ghost.moved(event.buf, config.current.inline.debounce_ms)
    end
  end)
  on({ 'InsertLeave', 'BufLeave', 'BufUnload' }, function(event)
    ghost.clear(event.buf)
    resume(event.buf)
  end)
end

function M.visible()
  return ghost.visible() or (native() and native_visible(vim.api.nvim_get_current_buf()))
end

---@param amount 'all'|'word'|'line'
local function take(amount)
  if ghost.visible() then
    ghost.accept(amount)
    if not ghost.visible() then
      resume(vim.api.nvim_get_current_buf())
    end
  elseif native() and M.visible() then
    vim.lsp.inline_completion.get({
      on_accept = function(item)
        return M.shortened(item, amount)
      end,
    })
  end
end

--- An item of Neovim's with as much of it as is to be accepted; a part of one is told to nobody, the text tells it.
function M.shortened(item, amount)
  if amount == 'all' or type(item.insert_text) ~= 'string' then
    return item
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local typed = ''
  if item.range then
    local start_row, start_column = item.range:to_extmark()
    if start_row == row - 1 then
      typed = vim.api.nvim_get_current_line():sub(start_column + 1, column)
    end
  end
  local left = item.insert_text:sub(#typed + 1)
  local taken = part.of(left, amount)
  if #taken == #left then
    return item
  end
  local lines = vim.split(taken, '\n', { plain = true })
  vim.cmd('let &undolevels = &undolevels')
  vim.api.nvim_buf_set_text(0, row - 1, column, row - 1, column, lines)
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and column + #taken or #lines[#lines] })
  return nil
end

--- Both may be called from a mapping with <expr>, where the text is locked.
local function later(amount)
  return function()
    if not M.visible() then
      return false
    end
    vim.schedule(function()
      take(amount)
    end)
    return true
  end
end

M.accept = later('all')
M.accept_word = later('word')
M.accept_line = later('line')

--- The text at which the user has chosen another suggestion of Neovim's, for each buffer.
local chosen = {} ---@type table<integer, integer?>

local function select(step)
  return function()
    if not M.visible() then
      return false
    elseif ghost.visible() then
      ghost.select(step)
    else
      local buf = vim.api.nvim_get_current_buf()
      chosen[buf] = vim.api.nvim_buf_get_changedtick(buf)
      vim.lsp.inline_completion.select({ count = step })
    end
    return true
  end
end

M.next = select(1)
M.previous = select(-1)

function M.dismiss()
  if not M.visible() then
    return false
  end
  local buf = vim.api.nvim_get_current_buf()
  ghost.clear(buf)
  suspend(buf) -- until the next key: enabled at once, it would ask at once
  return true
end

--- Asks now, for more candidates than while typing, also where nothing is offered by itself.
function M.trigger()
  local buf = vim.api.nvim_get_current_buf()
  if not attached(buf) then
    return false
  end
  vim.schedule(function()
    suspend(buf)
    ghost.trigger()
  end)
  return true
end

--- Handler of `rtlwright/extended`: what is on screen has a longer form now, so it is asked for again.
function M.extended(_, params)
  local buf = vim.uri_to_bufnr(params.uri)
  local here = buf == vim.api.nvim_get_current_buf() and vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
  if not here or not M.visible() or vim.lsp.util.buf_versions[buf] ~= params.version then
    return
  elseif ghost.visible() then
    ghost.grow(buf)
  elseif chosen[buf] ~= vim.api.nvim_buf_get_changedtick(buf) then
    -- Neovim asks again when the cursor moves, and keeps on screen what is there until it has an answer
    vim.api.nvim_exec_autocmds('CursorMovedI', { buffer = buf, modeline = false })
  end
end

function M.toggle()
  enabled = not enabled
  for _, client in ipairs(vim.lsp.get_clients({ name = 'rtlwright' })) do
    for _, buf in ipairs(vim.lsp.get_buffers_by_client_id(client.id)) do
      switch_native(buf, enabled)
      ghost.clear(buf)
    end
  end
  vim.notify('rtlwright: suggestions are ' .. (enabled and 'on' or 'off'))
end

function M.enabled()
  return enabled
end

return M
