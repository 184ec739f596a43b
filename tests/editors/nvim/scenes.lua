-- What a user of Neovim does. Each scene has an editor of its own.

return function(t)
  local eventually = t.eventually
  local function with(setup, work)
    return function()
      local child = t.start(setup)
      local ok, message = xpcall(work, debug.traceback, child)
      child:close()
      assert(ok, message)
    end
  end
  local PLUGIN = '{ inline = { native = false } }'

  --- The same scenes with the ghost text of Neovim, where it has one, and with ours.
  local function typing(setup)
    return with(setup, function(nvim)
      nvim:open('soc/soc_top.sv', ') u_uart_tx (')
      nvim:type('A<CR>')
      nvim:type('.')
      nvim:type('<BS>')
      nvim:type('.')
      nvim:ghost_with('(clk)')
      nvim:type('<Esc>')
      nvim:cmd('normal! "_ddk')
      nvim:type('A')
      nvim:type('<M-Bslash>')
      nvim:ghost_with('.txd  (txd)')
      nvim:type('<M-C-Right>')
      eventually(function() return nvim:text():find('u_uart_tx %(\n    %.clk  %(clk%),') end, function() return nvim:text() end)
      nvim:ghost_with('.rst  (rst)')
      nvim:type('<Tab>')
      eventually(function() return nvim:text():find('%.txd  %(txd%)\n  %);\n') end, function() return nvim:text() end)
      assert(not nvim:ghost():find('txd'), nvim:ghost())
      nvim:type('<Esc>')
      nvim:check('soc/soc_top.sv')
      eventually(function() return nvim:events():find('accepted') end, 'the acceptance was not recorded')
      nvim:type('u') -- one step of undo takes back what was accepted in one
      eventually(function() return not nvim:text():find('.txd  (txd)', 1, true) end, 'undo')
    end)
  end

  local function automatic(setup)
    return with(setup, function(nvim)
      nvim:open('soc/watchdog.sv', '.sel     (sel),')
      nvim:type('o.wri')
      nvim:ghost_with('te')
      nvim:type('te')
      eventually(function() return not vim.startswith(nvim:ghost(), 'te') end, 'what was typed is still grey')
      nvim:type('<Esc>')
      eventually(function() return nvim:ghost() == '' end, 'ghost text outside of insert mode')
      assert(nvim:line():find('%.write'), nvim:line())
    end)
  end

  --- Line ends of Windows stay what they are, whoever draws.
  local function dos(setup)
    return with(setup, function(nvim)
      local path = nvim.folder .. '/soc/soc_top.sv'
      local text = table.concat(vim.fn.readfile(path, 'b'), '\r\n'):gsub('%) u_uart_tx %(.*', ') u_uart_tx (\r\n\r\nendmodule\r\n')
      vim.fn.writefile(vim.split(text, '\n', { plain = true }), path, 'b')
      nvim:open('soc/soc_top.sv', ') u_uart_tx (')
      assert(nvim:lua('return vim.bo.fileformat') == 'dos')
      nvim:type('A')
      nvim:type('<M-Bslash>')
      assert(not nvim:ghost_with('.txd  (txd)'):find('\r'), 'a carriage return is shown')
      nvim:type('<M-C-Right>')
      eventually(function() return nvim:text():find('u_uart_tx %(\n    %.clk  %(clk%),') end, function() return vim.inspect(nvim:text()) end)
      nvim:ghost_with('.rst  (rst)')
      nvim:type('<Tab>')
      eventually(function() return nvim:text():find('%.txd  %(txd%)\n  %);\n') end, function() return vim.inspect(nvim:text()) end)
      nvim:type('<Esc>')
      nvim:cmd('silent write')
      local saved = table.concat(vim.fn.readfile(path, 'b'), '\n')
      assert(not saved:find('\r\r') and not saved:find('[^\r]\n'), vim.inspect(saved:sub(-300)))
    end)
  end

  --- The server's part is played by the scripted service: a line at once, and more while it is read.
  local function grows(inline)
    local setup = ([[(function()
      vim.env.PYTHONPATH, vim.env.SCRIPTED_LOG = %q, %q
      local cmd = { %q, "-m", "rtlwright.lsp", "--test-service", "scripted_service:ScriptedService" }
      return { cmd = cmd, inline = %s }
    end)()]]):format(t.root .. '/tests/e2e', vim.fn.tempname(), vim.fs.dirname(t.server) .. '/python', inline)
    return with(setup, function(nvim)
      vim.fn.writefile({ '// growing', 'module m(input a, b, output y);', '  ', 'endmodule' }, nvim.folder .. '/growing.sv')
      nvim:open('growing.sv', 'output y);\n  ')
      nvim:type('A')
      nvim:ghost_with('assign y = a & b;')
      nvim:ghost_with('\n  assign z = ~y;')
      nvim:type('<Tab>')
      eventually(function() return nvim:text():find('assign z = ~y;', 1, true) end, function() return nvim:text() end)
    end)
  end

  --- The scripted service has two suggestions where the file has no mark.
  local function cycles(inline)
    local setup = ([[(function()
      vim.env.PYTHONPATH, vim.env.SCRIPTED_LOG = %q, %q
      local cmd = { %q, "-m", "rtlwright.lsp", "--test-service", "scripted_service:ScriptedService" }
      return { cmd = cmd, inline = %s }
    end)()]]):format(t.root .. '/tests/e2e', vim.fn.tempname(), vim.fs.dirname(t.server) .. '/python', inline)
    return with(setup, function(nvim)
      vim.fn.writefile({ 'module m(input a, b, output y);', '  ', 'endmodule' }, nvim.folder .. '/two.sv')
      nvim:open('two.sv', 'output y);\n  ')
      nvim:type('A')
      nvim:ghost_with('assign y = a & b;')
      nvim:type('<M-]>')
      nvim:ghost_with('assign y = a | b;')
      nvim:type('<M-[>')
      nvim:ghost_with('assign y = a & b;')
      nvim:type('<M-]>')
      nvim:ghost_with('assign y = a | b;')
      nvim:type('<Tab>')
      eventually(function() return nvim:line() == '  assign y = a | b;' end, function() return nvim:text() end)
    end)
  end

  local scenes = {
    { 'ghost text by hand, a line, all of it, undo', typing('{}') },
    { 'ghost text by hand with the plugin\'s own drawing', typing(PLUGIN) },
    { 'ghost text while typing', automatic('{}') },
    { 'ghost text while typing with the plugin\'s own drawing', automatic(PLUGIN) },
    { 'in a file with the line ends of Windows', dos('{}') },
    { 'in a file with the line ends of Windows, with the plugin\'s own drawing', dos(PLUGIN) },
    { 'a line first, and its block without another key', grows('{}') },
    { 'the same with the plugin\'s own drawing', grows('{ native = false }') },
    { 'the next and the previous of what came by itself', cycles('{}') },
    { 'the same with the plugin\'s own drawing of it', cycles('{ native = false }') },
    { 'cycling, a word, dismissing, and Tab where there is nothing', with(PLUGIN, function(nvim)
      nvim:open('fifo/sync_fifo.sv', "rd_ptr <= '0;\n    ")
      nvim:type('A<M-Bslash>')
      local first = nvim:ghost_with('end')
      nvim:type('<M-]>')
      eventually(function() return nvim:ghost():find('(2/', 1, true) end, function() return 'next: ' .. nvim:ghost() end)
      nvim:type('<M-[>')
      eventually(function() return nvim:ghost():find('(1/', 1, true) and vim.startswith(nvim:ghost(), first:sub(1, 3)) end, 'previous')
      nvim:type('<M-Right>')
      eventually(function() return nvim:line():find('^%s*end$') end, function() return nvim:line() end)
      nvim:type('<C-]>')
      eventually(function() return nvim:ghost() == '' end, 'dismiss')
      nvim:type('<Esc>o')
      nvim:cmd('setlocal noexpandtab')
      nvim:type('<C-]><C-u><Tab>x')
      eventually(function() return nvim:line():find('\tx') end, function() return 'Tab: ' .. nvim:line() end)
    end) },
    { 'the window of candidates, with what was rejected and why', with(PLUGIN, function(nvim)
      nvim:open('fsm/traffic_light.sv', 'next_state = ALL_RED;\n      end\n      ')
      nvim:cmd('Rtlwright candidates')
      eventually(function() return nvim:lua('return vim.bo.filetype') == 'rtlwright-candidates' end,
        function() return 'no window; messages: ' .. nvim:lua("return vim.fn.execute('messages')") end)
      local text = nvim:text()
      assert(text:find('1%. passed %(structure%)\nALL_RED: ;'), text)
      assert(text:find('icarus +pass'), text)
      assert(text:find('rejected or withheld, never shown') and text:find('slang, line %d+: '), text)
      nvim:type('gg<CR>')
      eventually(function() return nvim:text():find('SIDE_YELLOW: ;', 1, true) end, function() return nvim:text() end)
      nvim:check('fsm/traffic_light.sv')
    end) },
    { 'a comment becomes a module: a difference first, then inserted', with('{}', function(nvim)
      local spec = vim.fn.readfile(nvim.folder .. '/specs/mux2.txt')
      vim.fn.writefile(vim.tbl_map(function(line) return vim.trim('// ' .. line) end, spec), nvim.folder .. '/mux2.sv')
      nvim:open('mux2.sv')
      nvim:cmd('Rtlwright generate')
      eventually(function() return nvim:lua('return vim.wo.diff') end, 'no difference is shown', 170)
      assert(nvim:lua('return vim.wo.winbar'):find('passed'), nvim:lua('return vim.wo.winbar'))
      nvim:type('<CR>')
      eventually(function() return nvim:text():find('\nmodule mux2') and not nvim:lua('return vim.wo.diff') end, function() return nvim:text() end)
      nvim:check('mux2.sv')
    end) },
    { 'diagnostics, the status, a server that was killed', with('{}', function(nvim)
      nvim:open('counter/up_counter.sv', 'output logic [7:0] count\n);')
      assert(nvim:lua("return require('rtlwright').status()"):find('rtl'))
      nvim:type('oassign count = nowhere;<Esc>')
      nvim:cmd('silent write')
      eventually(function() return nvim:lua('return #vim.diagnostic.get(0, { severity = 1 })') > 0 end, 'no diagnostics')
      nvim:type('u')
      nvim:cmd('silent write')
      eventually(function() return nvim:lua('return #vim.diagnostic.get(0, { severity = 1 })') == 0 end, 'diagnostics stay')
      local old = nvim:lua("return require('rtlwright.server').client().id")
      nvim:cmd('Rtlwright restart')
      eventually(function() return nvim:lua("local c = require('rtlwright.server').client() return c and c.id") ~= old end, 'no restart')
    end) },
    { 'no server: told once, and checkhealth says how to get it', with(nil, function(nvim)
      nvim:lua("vim.env.PATH = '/usr/bin' require('rtlwright').setup {}")
      nvim:cmd('edit soc/gpio.sv')
      nvim:cmd('edit soc/timer.sv')
      local messages = nvim:lua("return vim.fn.execute('messages')")
      assert(select(2, messages:gsub('the server was not found', '')) == 1, messages)
      nvim:cmd('checkhealth rtlwright')
      assert(nvim:text():find('uv tool install rtlwright'), nvim:text())
    end) },
    { 'checkhealth with a server, and a wrong option', with('{}', function(nvim)
      nvim:open('soc/gpio.sv')
      nvim:cmd('checkhealth rtlwright')
      local text = nvim:text()
      assert(text:find('rtlwright, version %d') and text:find('iverilog') and text:find('runs for'), text)
      local ok, message = pcall(nvim.lua, nvim, "require('rtlwright').setup { inlin = {} }")
      assert(not ok and tostring(message):find('unknown option inlin; there are: '), message)
      nvim:cmd('helptags ' .. t.root .. '/editors/nvim/doc')
      local tags = nvim:lua("return vim.fn.getcompletion('rtlwright', 'help')")
      assert(vim.tbl_contains(tags, 'rtlwright-setup') and vim.tbl_contains(tags, 'rtlwright-health'), vim.inspect(tags))
    end) },
  }
  if vim.pack then
    table.insert(scenes, { 'installed by vim.pack from a repository', with(nil, function(nvim)
      local url = 'file://' .. t.root
      nvim:lua("vim.opt.rtp:remove(...) vim.g.loaded_rtlwright = nil package.loaded.rtlwright = nil", t.root .. '/editors/nvim')
      nvim:lua("vim.pack.add({ { src = ..., name = 'rtlwright' } }, { confirm = false })", url)
      local folder = nvim:lua("return vim.pack.get({ 'rtlwright' })[1].path")
      nvim:lua("vim.opt.rtp:append(... .. '/editors/nvim') require('rtlwright').setup { cmd = { select(2, ...), 'lsp' } }", folder, t.server)
      assert(vim.startswith(nvim:lua("return debug.getinfo(require('rtlwright').setup, 'S').source"), '@' .. nvim.home), 'another copy')
      nvim:open('soc/gpio.sv')
      assert(nvim:lua("return vim.fn.exists(':Rtlwright')") == 2, 'no command')
    end) })
  end
  if vim.env.RTLWRIGHT_LAZY and vim.env.RTLWRIGHT_LAZY ~= '' then
    table.insert(scenes, { 'installed by lazy.nvim from a repository', with(nil, function(nvim)
      nvim:lua('vim.opt.rtp:remove(...) vim.g.loaded_rtlwright = nil package.loaded.rtlwright = nil', t.root .. '/editors/nvim')
      nvim:cmd('silent! delcommand Rtlwright')
      nvim:lua([[
        local lazy, url, server = ...
        vim.opt.rtp:prepend(lazy)
        require('lazy').setup({
          { url = url, name = 'rtlwright', lazy = false, config = function(plugin)
            vim.opt.rtp:append(plugin.dir .. '/editors/nvim')
            require('rtlwright').setup { cmd = { server, 'lsp' } }
          end },
        }, { rocks = { enabled = false }, change_detection = { enabled = false }, checker = { enabled = false } })
      ]], vim.env.RTLWRIGHT_LAZY, 'file://' .. t.root, t.server)
      local from = nvim:lua("return debug.getinfo(require('rtlwright').setup, 'S').source")
      assert(vim.startswith(from, '@' .. nvim.home .. '/share/nvim/lazy/rtlwright/'), from)
      nvim:open('soc/gpio.sv')
      assert(nvim:lua("return vim.fn.exists(':Rtlwright')") == 2, 'no command')
    end) })
  end
  return scenes
end
