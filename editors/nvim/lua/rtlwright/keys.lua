--- Keys of insert mode: where there is nothing to accept, a key does what it does without us.

local config = require('rtlwright.config')
local M = {}

--- Keys that were mapped already, for :checkhealth.
M.taken = {} ---@type table<string, string>

---@param buf integer
function M.map(buf)
  if not config.current.keys then
    return
  end
  for action, key in pairs(config.current.keys) do
    local mapped = key and vim.api.nvim_buf_call(buf, function()
      return vim.fn.maparg(key, 'i', false, true)
    end)
    -- Neovim's own mapping of Tab, for snippets, gives way: it is what is done when there is no ghost text.
    local own = mapped and (mapped.desc or ''):find('^rtlwright') or mapped and (mapped.desc or ''):find('^vim%.snippet')
    if key and mapped and next(mapped) and not own then
      M.taken[key] = action
    elseif key then
      vim.keymap.set('i', key, function()
        return require('rtlwright.inline')[action]() and '' or M.otherwise(key, mapped)
      end, { buffer = buf, expr = true, replace_keycodes = true, silent = true, desc = 'rtlwright: ' .. action })
    end
  end
end

--- What the key does without us.
function M.otherwise(key, mapped)
  if mapped and mapped.callback and (mapped.desc or ''):find('^vim%.snippet') then
    return mapped.callback() or ''
  end
  return key
end

return M
