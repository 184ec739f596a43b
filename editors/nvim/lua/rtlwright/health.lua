--- :checkhealth rtlwright

local config = require('rtlwright.config')
local server = require('rtlwright.server')
local M = {}

local function run(command)
  local ok, job = pcall(vim.system, command, { text = true })
  return ok and job:wait(20000) or { code = 127, stdout = '', stderr = tostring(job) }
end

local function neovim()
  if vim.fn.has('nvim-0.10') == 0 then
    vim.health.error('Neovim 0.10 or newer is needed')
  elseif config.current.inline.native and vim.lsp.inline_completion then
    vim.health.ok('ghost text by Neovim itself (vim.lsp.inline_completion)')
  else
    vim.health.ok('ghost text by this plugin')
  end
  for key, action in pairs(require('rtlwright.keys').taken) do
    vim.health.warn(('%s was mapped already: %s has no key'):format(key, action), 'set keys.' .. action .. ' in setup{}')
  end
end

local function program()
  local command = server.command(server.root(0))
  if not command then
    vim.health.error('the server was not found', {
      'uv tool install rtlwright, or: pipx install rtlwright',
      "or name it: require('rtlwright').setup { cmd = { '/path/to/rtlwright', 'lsp' } }",
    })
    return
  end
  local version = run({ command[1], '--version' })
  if version.code ~= 0 then
    vim.health.error(command[1] .. ' does not run: ' .. vim.trim(version.stderr or ''))
    return
  end
  vim.health.ok(('%s (%s)'):format(vim.trim(version.stdout), command[1]))
  M.doctor(run({ command[1], 'doctor', '--json' }))
end

--- What `rtlwright doctor` found.
function M.doctor(told)
  local ok, found = pcall(vim.json.decode, told.stdout or '')
  if not ok or type(found) ~= 'table' then
    vim.health.warn('rtlwright doctor has nothing to say: ' .. vim.trim(told.stderr or ''))
    return
  end
  for _, check in ipairs(found.checks or {}) do
    local line = vim.trim(('%s %s: %s'):format(check.name, check.version or '', check.detail))
    if check.status == 'ok' then
      vim.health.ok(line)
    else
      vim.health.warn(line, check.mend ~= '' and { check.mend } or nil)
    end
  end
end

function M.check()
  vim.health.start('rtlwright: the editor')
  neovim()
  vim.health.start('rtlwright: the server')
  program()
  local clients = vim.lsp.get_clients({ name = 'rtlwright' })
  if #clients == 0 then
    vim.health.info('not running now: it starts with the first Verilog buffer')
  end
  for _, client in ipairs(clients) do
    vim.health.ok('runs for ' .. (client.config.root_dir or 'a file outside of every project'))
  end
end

return M
