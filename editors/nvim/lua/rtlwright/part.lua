--- How much of a suggestion is accepted: all, the next word, the next line.

local M = {}

---@param text string What is left of the suggestion.
---@param amount 'all'|'word'|'line'
function M.of(text, amount)
  if amount == 'word' then
    return text:match('^%s*[%w_$`]+') or text:match('^%s*[^%w_$`%s]+') or text
  elseif amount == 'line' then
    return text:match('^\n*[^\n]+') or text
  end
  return text
end

return M
