-- For those who want nothing but the server (Neovim 0.11 or newer): vim.lsp.enable('rtlwright').
return {
  cmd = { 'rtlwright', 'lsp' },
  filetypes = { 'verilog', 'systemverilog' },
  root_markers = { 'rtlwright.toml', 'verible.filelist', '.git' },
}
