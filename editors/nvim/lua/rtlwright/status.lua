--- What the server says of itself (`rtlwright/status`), for the statusline.

local config = require('rtlwright.config')
local M = {}

M.last = { kind = 'Normal', message = '', busy = false }

--- Handler of the notification.
function M.told(_, params)
  M.last = params
  vim.schedule(function()
    vim.cmd.redrawstatus()
    vim.api.nvim_exec_autocmds('User', { pattern = 'RtlwrightStatus', data = params, modeline = false })
  end)
end

---@return string
function M.component()
  if not require('rtlwright.server').client() then
    return ''
  end
  local words = config.current.status
  if M.last.kind ~= 'Normal' then
    return words.warning
  elseif not require('rtlwright.inline').enabled() then
    return words.off
  end
  return M.last.busy and words.busy or words.ready
end

return M
