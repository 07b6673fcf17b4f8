import { useEffect, useRef, useState } from "preact/hooks";
import { signedIn } from "./session";

/** Resource is something that is asked of the service, and what is known of it. */
export interface Resource<T> {
  /** data is the last answer; it stays while a new one is asked for, or when that fails. */
  data: T | undefined;
  /** error is why the last question failed; undefined once one succeeds. */
  error: Error | undefined;
  loading: boolean;
  /** at is when data was answered, in Unix milliseconds. */
  at: number | undefined;
  /** refresh asks again now. */
  refresh(): void;
}

/** Options of useResource. */
export interface ResourceOptions {
  /** every asks again after so many milliseconds, while the tab is seen. */
  every?: number;
}

/**
 * useResource asks for something when the component is shown, when key changes, after a sign-in, and as
 * often as the options say. An answer to an older question is dropped. Key undefined asks nothing.
 */
export function useResource<T>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
  options: ResourceOptions = {},
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, "refresh"> & { key: string | undefined }>({
    key,
    data: undefined,
    error: undefined,
    loading: key !== undefined,
    at: undefined,
  });
  const [asked, setAsked] = useState(0);
  const asking = useRef(ask);
  asking.current = ask;
  const generation = signedIn.value;

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked and generation ask again
  useEffect(() => {
    if (key === undefined) return;
    const control = new AbortController();
    setState((before) => ({
      ...(before.key === key ? before : { data: undefined, error: undefined, at: undefined }),
      key,
      loading: true,
    }));
    asking.current(control.signal).then(
      (data) => {
        if (!control.signal.aborted) setState({ key, data, error: undefined, loading: false, at: Date.now() });
      },
      (error: Error) => {
        if (!control.signal.aborted) setState((before) => ({ ...before, error, loading: false }));
      },
    );
    return () => control.abort();
  }, [key, asked, generation]);

  useEffect(() => {
    if (!options.every) return;
    const timer = setInterval(() => {
      if (!document.hidden) setAsked((n) => n + 1);
    }, options.every);
    return () => clearInterval(timer);
  }, [options.every]);

  return { ...state, refresh: () => setAsked((n) => n + 1) };
}
