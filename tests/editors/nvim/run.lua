-- End to end in a real Neovim: this one drives another over RPC, with the plugin and the real server on a copy of
-- examples/. Usage: nvim -l tests/editors/nvim/run.lua [PATTERN]
-- Environment: RTLWRIGHT (the server's executable), NVIM_UNDER_TEST (default: the Neovim that runs this).

local here = vim.fs.dirname(vim.fs.normalize(vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p')))
local root = vim.fs.normalize(here .. '/../../..')
local nvim = vim.env.NVIM_UNDER_TEST or vim.v.progpath
local server = vim.env.RTLWRIGHT or root .. '/.venv/bin/rtlwright'
local pattern = _G.arg[1] or ''
local SECONDS = 60

local Child = {}
Child.__index = Child

--- A Neovim of its own with a home of its own; `setup` is Lua source of setup's argument, or nil for no setup.
local function start(setup)
  local home = vim.fn.tempname()
  vim.fn.mkdir(home, 'p')
  vim.fn.system({ 'cp', '-r', root .. '/examples', home .. '/project' })
  local env = { HOME = home, XDG_CONFIG_HOME = home .. '/config', XDG_DATA_HOME = home .. '/share',
    XDG_STATE_HOME = home .. '/state', XDG_CACHE_HOME = home .. '/cache' }
  local channel = vim.fn.jobstart({ nvim, '--clean', '-n', '--embed', '--headless', '--cmd', 'set lines=40 columns=110 hidden' },
    { rpc = true, env = env, cwd = home .. '/project' })
  local self = setmetatable({ home = home, folder = home .. '/project', channel = channel, env = env }, Child)
  self:lua('vim.opt.rtp:prepend(...)', root .. '/editors/nvim')
  self:lua("vim.cmd('runtime plugin/rtlwright.lua') vim.cmd('filetype plugin on')")
  if setup then
    self:lua(('require("rtlwright").setup(vim.tbl_deep_extend("force", { cmd = { %q, "lsp" }, settings = { complete = { deadline_ms = 20000 }, generate = { n = 3, deadline_s = 100 } } }, %s))'):format(server, setup))
  end
  return self
end

function Child:lua(code, ...)
  return vim.fn.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... })
end

function Child:cmd(text)
  vim.fn.rpcrequest(self.channel, 'nvim_command', text)
end

--- Keys as if typed, with the time between them that a person takes.
function Child:type(keys)
  vim.fn.rpcrequest(self.channel, 'nvim_input', keys)
  vim.wait(60)
end

function Child:text()
  return table.concat(vim.fn.rpcrequest(self.channel, 'nvim_buf_get_lines', 0, 0, -1, false), '\n')
end

function Child:line()
  return vim.fn.rpcrequest(self.channel, 'nvim_get_current_line')
end

--- What is on screen as ghost text, whoever draws it.
function Child:ghost()
  return self:lua([[
    local found = {}
    for name, namespace in pairs(vim.api.nvim_get_namespaces()) do
      if name == 'rtlwright' or name == 'nvim.lsp.inline_completion' then
        for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })) do
          for _, chunk in ipairs(mark[4].virt_text or {}) do table.insert(found, chunk[1]) end
          for _, line in ipairs(mark[4].virt_lines or {}) do
            table.insert(found, '\n')
            for _, chunk in ipairs(line) do table.insert(found, chunk[1]) end
          end
        end
      end
    end
    return table.concat(found)]])
end

local function eventually(condition, what, seconds)
  local value
  if not vim.wait((seconds or SECONDS) * 1000, function() value = condition() return value end, 100) then
    error(type(what) == 'function' and what() or what, 0)
  end
  return value
end

function Child:ghost_with(text)
  eventually(function() return self:ghost():find(text, 1, true) end,
    function() return ('ghost text %q lacks %q; messages: %s'):format(self:ghost(), text, self:lua("return vim.fn.execute('messages')")) end)
  return self:ghost()
end

--- Opens a file of the project with the cursor behind a text.
function Child:open(name, behind)
  self:cmd('edit ' .. name)
  eventually(function() return self:lua("return #vim.lsp.get_clients({ name = 'rtlwright', bufnr = 0 }) > 0 and require('rtlwright.server').client().initialized == true") end, 'no server')
  if behind then
    local text = self:text()
    local last = select(2, text:find(behind, 1, true))
    local before = vim.split(text:sub(1, last), '\n', { plain = true })
    self:lua('vim.api.nvim_win_set_cursor(0, { ... })', #before, #before[#before])
  end
end

function Child:check(name)
  self:cmd('silent write')
  local done = vim.system({ server, 'check', name }, { cwd = self.folder, env = vim.tbl_extend('force', self.env, { RTLWRIGHT_CHECK_TIMEOUT_S = '60' }), text = true }):wait()
  assert(done.code == 0, name .. ' does not pass: ' .. done.stdout .. done.stderr)
end

function Child:events()
  local done = vim.system({ server, 'feedback', 'stats', '--json' }, { cwd = self.folder, env = self.env, text = true }):wait()
  return done.stdout or ''
end

function Child:close()
  pcall(vim.fn.rpcnotify, self.channel, 'nvim_command', 'qall!')
  if vim.fn.jobwait({ self.channel }, 8000)[1] == -1 then vim.fn.jobstop(self.channel) end
  vim.fn.delete(self.home, 'rf')
end

local context = { start = start, eventually = eventually, root = root, server = server, nvim = nvim }
local scenes = dofile(here .. '/scenes.lua')(context)
local failed, run = 0, 0
for _, scene in ipairs(scenes) do
  local name, work = scene[1], scene[2]
  if name:find(pattern) then
    run = run + 1
    local ok, message = xpcall(work, function(text) return debug.traceback(tostring(text), 2) end)
    failed = failed + (ok and 0 or 1)
    io.stdout:write((ok and 'ok' or 'not ok'), ' ', run, ' - ', name, '\n', ok and '' or ('  ' .. message .. '\n'))
    io.stdout:flush()
  end
end
io.stdout:write(('# %s: %d scenes, %d failed\n'):format(vim.split(vim.fn.execute('version'), '\n')[2], run, failed))
os.exit(failed == 0 and run > 0 and 0 or 1)
