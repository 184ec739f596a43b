if vim.g.loaded_rtlwright then
  return
end
vim.g.loaded_rtlwright = true

local actions = { 'candidates', 'generate', 'instantiate', 'restart', 'toggle', 'trigger' }

vim.api.nvim_create_user_command('Rtlwright', function(command)
  local name, rest = command.args:match('^(%S+)%s*(.*)$')
  if vim.tbl_contains(actions, name) then
    require('rtlwright')[name](rest)
  else
    vim.notify('rtlwright: there is no :Rtlwright ' .. tostring(name), vim.log.levels.ERROR)
  end
end, {
  nargs = '+',
  desc = 'rtlwright: ' .. table.concat(actions, ', '),
  complete = function(lead)
    return vim.tbl_filter(function(action)
      return vim.startswith(action, lead)
    end, actions)
  end,
})
