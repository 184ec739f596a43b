--- The language server: found, started once per project, asked.

local config = require('rtlwright.config')
local M = {}

local NAME = 'rtlwright'

local function executable(path)
  return vim.fn.executable(path) == 1
end

--- The command that starts the server for a project; nil if there is none.
---@param root? string
---@return string[]?
function M.command(root)
  if config.current.cmd then
    return executable(config.current.cmd[1]) and config.current.cmd or nil
  end
  local places = { 'rtlwright', vim.fn.expand('~/.local/bin/rtlwright') }
  if root then
    table.insert(places, 1, root .. '/.venv/bin/rtlwright')
  end
  for _, place in ipairs(places) do
    if executable(place) then
      return { place, 'lsp' }
    end
  end
end

---@param buf integer
function M.root(buf)
  return vim.fs.root(buf, config.current.root_markers)
end

local function capabilities()
  local found = vim.lsp.protocol.make_client_capabilities()
  found.textDocument.inlineCompletion = found.textDocument.inlineCompletion or { dynamicRegistration = false }
  found.experimental = vim.tbl_extend('force', found.experimental or {}, { rtlwrightExtended = true })
  return found
end

local told_missing = false

---@param buf integer
function M.attach(buf)
  -- Views of other plugins have the file type of what they show, and no file.
  if vim.bo[buf].buftype ~= '' then
    return
  end
  local root = M.root(buf)
  local cmd = M.command(root)
  if not cmd then
    if not told_missing then
      told_missing = true
      vim.notify('rtlwright: the server was not found; :checkhealth rtlwright says how to get it', vim.log.levels.WARN)
    end
    return
  end
  vim.lsp.start({
    name = NAME,
    cmd = cmd,
    root_dir = root,
    capabilities = capabilities(),
    init_options = config.current.settings,
    settings = { rtlwright = config.current.settings },
    handlers = {
      ['rtlwright/status'] = require('rtlwright.status').told,
      ['rtlwright/extended'] = require('rtlwright.inline').extended,
    },
  }, { bufnr = buf })
end

--- The client of a buffer, if it has one.
---@param buf? integer
---@return vim.lsp.Client?
function M.client(buf)
  return vim.lsp.get_clients({ bufnr = buf or vim.api.nvim_get_current_buf(), name = NAME })[1]
end

--- Asks the server; in 0.10 the methods of a client are called without it.
---@param client vim.lsp.Client
function M.request(client, method, params, callback, buf)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:request(method, params, callback, buf)
  end
  return client.request(method, params, callback, buf)
end

--- Runs a command of the server; the callback gets its answer, or nil.
---@param command string
---@param argument any
---@param callback? fun(answer: any)
function M.execute(command, argument, callback, buf)
  buf = buf or vim.api.nvim_get_current_buf()
  local client = M.client(buf)
  if not client then
    vim.notify('rtlwright: no server in this buffer; see :checkhealth rtlwright', vim.log.levels.WARN)
    return
  end
  M.request(client, 'workspace/executeCommand', { command = command, arguments = { argument } }, function(err, answer)
    if err then
      vim.notify('rtlwright: ' .. (err.message or 'the command failed'), vim.log.levels.ERROR)
    end
    if callback then
      callback(answer ~= vim.NIL and answer or nil)
    end
  end, buf)
end

function M.restart()
  local clients = vim.lsp.get_clients({ name = NAME })
  local bufs = {}
  for _, client in ipairs(clients) do
    vim.list_extend(bufs, vim.lsp.get_buffers_by_client_id(client.id))
  end
  vim.lsp.stop_client(clients)
  vim.wait(3000, function()
    return #vim.lsp.get_clients({ name = NAME }) == 0
  end, 50)
  for _, buf in ipairs(#bufs > 0 and bufs or { vim.api.nvim_get_current_buf() }) do
    M.attach(buf)
  end
end

return M
