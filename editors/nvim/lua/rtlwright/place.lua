--- Positions of the protocol in a buffer's bytes, in every version of Neovim.

local M = {}

--- Byte column of an LSP position; beyond the line's end, its end.
---@param buf integer
---@param position { line: integer, character: integer }
---@param encoding string
function M.column(buf, position, encoding)
  local line = vim.api.nvim_buf_get_lines(buf, position.line, position.line + 1, false)[1] or ''
  if encoding == 'utf-8' then
    return math.min(position.character, #line)
  end
  if vim.fn.has('nvim-0.11') == 1 then
    return vim.str_byteindex(line, encoding, position.character, false)
  end
  local ok, byte = pcall(vim.str_byteindex, line, position.character, encoding == 'utf-16')
  return ok and byte or #line
end

--- The cursor, for a request. In normal mode it cannot stand behind the last character, where one means to go on.
function M.here(client)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local line, column = vim.api.nvim_get_current_line(), vim.api.nvim_win_get_cursor(0)[2]
  local last = vim.fn.strcharpart(line, vim.fn.strchars(line) - 1)
  if vim.api.nvim_get_mode().mode == 'n' and column + #last == #line then
    params.position.character = params.position.character + M.units(last, client.offset_encoding)
  end
  return params
end

--- Length of one character in code units of an encoding.
function M.units(character, encoding)
  if encoding == 'utf-8' then
    return #character
  end
  return encoding == 'utf-16' and #character == 4 and 2 or vim.fn.strchars(character)
end

return M
