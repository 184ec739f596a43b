--- Ghost text of our own, for Neovim before 0.12 and for suggestions asked for by hand.
---
--- One suggestion list per buffer. What is typed along the suggestion stays on screen without a request's delay.

local place = require('rtlwright.place')
local part = require('rtlwright.part')
local server = require('rtlwright.server')

local M = {}
local namespace = vim.api.nvim_create_namespace('rtlwright')
local AUTOMATIC, INVOKED = 2, 1

---@class rtlwright.Shown
---@field items table[] The server's items.
---@field index integer
---@field row integer
---@field first integer Byte column where the suggestion begins.
---@field last integer Bytes behind the cursor that it replaces.
---@field client integer

local shown = {} ---@type table<integer, rtlwright.Shown?>
local timers = {} ---@type table<integer, uv.uv_timer_t?>
local latest = {} ---@type table<integer, integer>
local waiting = {} ---@type table<integer, boolean?>

local function inserting()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

local function text_of(item)
  return type(item.insertText) == 'string' and item.insertText or item.insertText.value
end

--- What is left of the suggestion at the cursor; nil once the text has gone another way.
local function rest(buf)
  local state = shown[buf]
  if not state or buf ~= vim.api.nvim_get_current_buf() then
    return
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local before = vim.api.nvim_buf_get_lines(buf, state.row, row, false)
  if row - 1 < state.row or #before == 0 then
    return
  end
  before[#before] = before[#before]:sub(1, column)
  local typed = table.concat(before, '\n'):sub(state.first + 1)
  local text = text_of(state.items[state.index])
  return vim.startswith(text, typed) and #text > #typed and text:sub(#typed + 1) or nil
end

local function draw(buf)
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  local left = rest(buf)
  if not left or vim.fn.pumvisible() == 1 then
    return
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(left, '\n', { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index], 'RtlwrightGhost' } }
  end
  local count = #shown[buf].items
  if count > 1 and shown[buf].chosen then
    local mark = { (' (%d/%d)'):format(shown[buf].index, count), 'RtlwrightGhostCount' }
    table.insert(below[#below] or {}, mark)
    if #below == 0 then
      lines[1] = lines[1] .. mark[1]
    end
  end
  vim.api.nvim_buf_set_extmark(buf, namespace, row - 1, column, {
    virt_text = { { lines[1], 'RtlwrightGhost' } },
    virt_text_pos = 'inline',
    virt_lines = #below > 0 and below or nil,
    hl_mode = 'combine',
  })
end

--- What is under way, or about to be asked, changes nothing on screen any more.
local function overtake(buf)
  waiting[buf] = nil
  latest[buf] = (latest[buf] or 0) + 1
  if timers[buf] then
    timers[buf]:stop()
  end
end

function M.clear(buf)
  shown[buf] = nil
  overtake(buf)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  end
end

local function answered(buf, client, result)
  if result == nil or result == vim.NIL then
    return -- overtaken: what is on screen stays
  end
  local items = result.items or result
  if #items == 0 then
    shown[buf] = nil
  else
    local range = items[1].range
    local first = place.column(buf, range.start, client.offset_encoding)
    local last = place.column(buf, range['end'], client.offset_encoding)
    local column = vim.api.nvim_win_get_cursor(0)[2]
    shown[buf] = {
      items = items,
      index = 1,
      row = range.start.line,
      first = first,
      last = math.max(0, last - column),
      client = client.id,
    }
  end
  draw(buf)
end

---@param buf integer
---@param kind integer
---@param after? fun() Once an answer is on screen.
local function request(buf, kind, after)
  local client = server.client(buf)
  if not client or not inserting() or buf ~= vim.api.nvim_get_current_buf() then
    return
  end
  local params = place.here(client)
  params.context = { triggerKind = kind }
  latest[buf] = (latest[buf] or 0) + 1
  local number, tick = latest[buf], vim.api.nvim_buf_get_changedtick(buf)
  local cursor = vim.api.nvim_win_get_cursor(0)
  waiting[buf] = true
  server.request(client, 'textDocument/inlineCompletion', params, function(err, result)
    if number == latest[buf] then
      waiting[buf] = nil
    end
    local current = buf == vim.api.nvim_get_current_buf() and inserting()
    if err or not current or number ~= latest[buf] or tick ~= vim.api.nvim_buf_get_changedtick(buf) then
      return
    end
    if vim.deep_equal(cursor, vim.api.nvim_win_get_cursor(0)) then
      answered(buf, client, result)
      if after then
        after()
      end
    end
  end, buf)
end

--- A key was typed or the cursor moved.
---@param buf integer
---@param wait_ms integer
function M.moved(buf, wait_ms)
  if rest(buf) == nil then
    shown[buf] = nil
  end
  draw(buf)
  timers[buf] = timers[buf] or assert((vim.uv or vim.loop).new_timer())
  timers[buf]:start(wait_ms, 0, vim.schedule_wrap(function()
    request(buf, AUTOMATIC)
  end))
end

--- What is typed along a suggestion that was asked for by hand keeps it; anything else drops it.
function M.kept(buf)
  if rest(buf) == nil then
    shown[buf] = nil
  end
  draw(buf)
end

--- Whether an answer is under way.
function M.waiting(buf)
  return waiting[buf] == true
end

--- There is more behind what is on screen, unless the user has chosen something else meanwhile.
function M.grow(buf)
  if shown[buf] and not shown[buf].chosen and not waiting[buf] then
    request(buf, AUTOMATIC)
  end
end

function M.trigger()
  local buf = vim.api.nvim_get_current_buf()
  if timers[buf] then
    timers[buf]:stop() -- what was about to be asked as if by a key would replace the answer
  end
  request(buf, INVOKED)
end

function M.visible()
  return rest(vim.api.nvim_get_current_buf()) ~= nil
end

--- The next one, or an earlier one; where there is but one, more are asked for first.
---@param step integer
---@param asked? boolean
function M.select(step, asked)
  local buf = vim.api.nvim_get_current_buf()
  local state = shown[buf]
  if not state then
    return
  end
  if #state.items == 1 and not asked then
    request(buf, INVOKED, function()
      M.select(step, true)
    end)
    return
  end
  state.index = (state.index + step - 1) % #state.items + 1
  state.chosen = true
  overtake(buf)
  draw(buf)
end

--- Inserts a part of what is left; after all of it, the server is told.
---@param amount 'all'|'word'|'line'
function M.accept(amount)
  local buf = vim.api.nvim_get_current_buf()
  local left, state = rest(buf), shown[buf]
  if not left or not state then
    return false
  end
  local taken = part.of(left, amount)
  local whole = #taken == #left
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(taken, '\n', { plain = true })
  vim.cmd('let &undolevels = &undolevels') -- one step of undo
  vim.api.nvim_buf_set_text(buf, row - 1, column, row - 1, column + (whole and state.last or 0), lines)
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and column + #taken or #lines[#lines] })
  if whole then
    local command = state.items[state.index].command
    M.clear(buf)
    if command then
      server.execute(command.command, command.arguments[1], nil, buf)
    end
  else
    draw(buf)
  end
  return true
end

return M
