import { useEffect, useState } from "preact/hooks";
import { t } from "./i18n";
import { helpShown, onKey } from "./lib/keys";
import { hrefOf, route } from "./lib/router";
import { expired, hasStart, type Problem, session, signInAtStart } from "./lib/session";
import { Frame, Logo } from "./shell/frame";
import { KeysHelp } from "./shell/keys_help";
import { SignInAgain, SignInForm } from "./shell/sign_in";
import { Sprite } from "./ui/icon";
import { Status } from "./ui/status";

/** App is the console: who is not signed in signs in first, and goes to where the address leads. */
export function App() {
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <Sprite />
      {session.value ? <SignedIn /> : <SignedOut />}
      <Status />
      {expired.value && <SignInAgain />}
    </>
  );
}

function SignedIn() {
  const nowhere = route.value.parts.length === 0;
  useEffect(() => {
    if (nowhere) location.replace(hrefOf(["sales"]));
  }, [nowhere]);
  return (
    <>
      <Frame />
      {helpShown.value && <KeysHelp />}
    </>
  );
}

function SignedOut() {
  const [checking, setChecking] = useState(hasStart());
  const [problem, setProblem] = useState<Problem>();
  const { signIn } = t().shell;
  useEffect(() => {
    document.title = `${signIn.title} · seckill`;
  }, [signIn.title]);
  useEffect(() => {
    signInAtStart().then((said) => {
      setProblem(said);
      setChecking(false);
    });
  }, []);
  return (
    <main class="door">
      <div class="card">
        <Logo />
        <h1>{signIn.title}</h1>
        {checking ? <p role="status">{signIn.checking}</p> : <SignInForm first={problem} />}
        <details>
          <summary>{signIn.where}</summary>
          <p>{signIn.whereText}</p>
        </details>
      </div>
    </main>
  );
}
