;;; rtlwright.el --- The rtlwright language server in Emacs -*- lexical-binding: t -*-
;; Eglot (Emacs 29 and newer): diagnostics, hover, definitions, code actions. Eglot has no inline completion yet.
;; lsp-mode 9.1 and newer shows ghost text: see `lsp-inline-completion-mode'.

(defvar rtlwright-program "rtlwright" "The server's executable.")

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               `((verilog-mode verilog-ts-mode)
                 . ,(lambda (_interactive) (list rtlwright-program "lsp")))))

(with-eval-after-load 'lsp-mode
  (when (fboundp 'lsp-register-client)
    (lsp-register-client
     (make-lsp-client
      :new-connection (lsp-stdio-connection (lambda () (list rtlwright-program "lsp")))
      :activation-fn (lsp-activate-on "verilog" "systemverilog")
      :add-on? t
      :server-id 'rtlwright))))

(defun rtlwright-generate ()
  "Write a checked module from the comment at point, with Eglot."
  (interactive)
  (let ((position (eglot--pos-to-lsp-position))
        (uri (plist-get (eglot--TextDocumentIdentifier) :uri)))
    (jsonrpc-async-request
     (eglot-current-server) :workspace/executeCommand
     `(:command "rtlwright.generate" :arguments ,(vector `(:uri ,uri :position ,position)))
     :timeout 300
     :success-fn (lambda (_) (message "rtlwright: done")))))

(provide 'rtlwright)
;;; rtlwright.el ends here
