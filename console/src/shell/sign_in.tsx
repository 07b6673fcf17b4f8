import { useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { type Problem, session, signIn, signOut } from "../lib/session";
import { Button, CheckField, Dialog, TextField } from "../ui";

/** SignInForm takes a token; first is what a sign-in at start said. */
export function SignInForm({ first, again }: { first?: Problem; again?: boolean }) {
  const [token, setToken] = useState("");
  const [stay, setStay] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(first);
  const { shell, common } = t();
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    const said = await signIn(token, stay);
    setBusy(false);
    setProblem(said);
    if (!said) toast("ok", t().shell.signIn.done(session.value?.subject ?? ""));
  };
  return (
    <form class="sign-in" onSubmit={submit}>
      <div class="body">
        <p class="lead">{again ? shell.signIn.expired : shell.signIn.lead}</p>
        <TextField
          label={shell.signIn.token}
          error={problem && shell.signIn[problem]}
          type="password"
          autocomplete="off"
          autofocus
          required
          value={token}
          onValue={setToken}
        />
        <CheckField label={shell.signIn.stay} hint={shell.signIn.stayHint} checked={stay} onValue={setStay} />
      </div>
      <footer>
        {again && <Button onClick={signOut}>{common.signOut}</Button>}
        <Button type="submit" kind="primary" busy={busy}>
          {common.signIn}
        </Button>
      </footer>
      <p class="unseen" role="alert">
        {problem && shell.signIn[problem]}
      </p>
    </form>
  );
}

/** SignInAgain asks for a new token over the page, which stays as it is. */
export function SignInAgain() {
  return (
    <Dialog title={t().shell.signIn.again}>
      <SignInForm again />
    </Dialog>
  );
}
