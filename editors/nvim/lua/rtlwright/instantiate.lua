--- A module of the project, picked with vim.ui.select and instantiated at the cursor.

local server = require('rtlwright.server')
local place = require('rtlwright.place')
local M = {}

function M.pick()
  local buf = vim.api.nvim_get_current_buf()
  local client = server.client(buf)
  local uri = vim.uri_from_bufnr(buf)
  local position = client and place.here(client).position
  server.execute('rtlwright.modules', { uri = uri }, function(modules)
    vim.ui.select(modules or {}, {
      prompt = 'Instantiate',
      format_item = function(module)
        return module.name .. '  ' .. module.summary
      end,
    }, function(module)
      if module then
        server.execute('rtlwright.instantiate', { uri = uri, position = position, module = module.name }, nil, buf)
      end
    end)
  end, buf)
end

return M
