import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { ApiError } from "../lib/api";
import { Button } from "./button";
import { TextField } from "./field";
import { problemText } from "./loaded";

/** DialogProps are what a dialog is given. It is open as long as it is rendered. */
export interface DialogProps {
  title: string;
  children: ComponentChildren;
  /** onClose is called by Escape and by the cross; without it the dialog stays until it has what it asks for. */
  onClose?(): void;
  wide?: boolean;
}

/** Dialog is a native modal dialog; the focus goes back to where it was. */
export function Dialog({ title, children, onClose, wide }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      // By now the dialog is out of the document, and the browser gives nothing back.
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={wide ? "wide" : undefined}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        {onClose && (
          <Button kind="quiet" icon="close" iconOnly onClick={onClose}>
            {t().common.close}
          </Button>
        )}
      </header>
      {children}
    </dialog>
  );
}

/** ConfirmProps are what a confirmation is given. */
export interface ConfirmProps {
  title: string;
  children: ComponentChildren;
  /** act is what the button says that does it. */
  act: string;
  /** typed is what has to be typed, such as the product's number; without it one press is enough. */
  typed?: string;
  /** danger says that it cannot be undone. */
  danger?: boolean;
  wide?: boolean;
  /** run does it; an error is shown in the dialog, which stays open. */
  run(): Promise<unknown>;
  onClose(): void;
}

// Whether a change was made is not known when nobody answered, or the service was away meanwhile.
function failure(error: Error): string {
  const unsure = error instanceof ApiError && (error.status === 0 || error.status >= 500);
  return unsure ? `${problemText(error)} ${t().common.unsure}` : problemText(error);
}

/** Confirm asks before something is done, and shows how it went. */
export function Confirm({ title, children, act, typed, danger, wide, run, onClose }: ConfirmProps) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const { common } = t();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy || (typed !== undefined && text.trim() !== typed)) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await run();
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? failure(error) : common.error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} wide={wide}>
      <form onSubmit={submit}>
        <div class="body">
          {children}
          {typed !== undefined && (
            <TextField
              label={common.typeToConfirm(typed)}
              value={text}
              onValue={setText}
              inputMode={/^\d+$/.test(typed) ? "numeric" : undefined}
              autocomplete="off"
              autofocus
            />
          )}
          {problem && (
            <p class="wrong" role="alert">
              {problem}
            </p>
          )}
        </div>
        <footer>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button
            type="submit"
            kind={danger ? "danger" : "primary"}
            busy={busy}
            reason={typed !== undefined && text.trim() !== typed ? common.typeToConfirm(typed) : undefined}
          >
            {act}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
