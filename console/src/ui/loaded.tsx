import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { ApiError } from "../lib/api";
import type { Resource } from "../lib/resource";
import { Notice } from "./badge";
import { Button } from "./button";
import { Skeleton } from "./layout";

/** problemText says what went wrong, in the words of the service where it has some. */
export function problemText(error: Error): string {
  if (!(error instanceof ApiError)) return error.message || t().common.error;
  return error.status === 0 ? t().common.unavailable : `${error.message} (${error.code})`;
}

/** Problem shows an error, and offers to try again. */
export function Problem({ error, retry }: { error: Error; retry?(): void }) {
  return (
    <Notice tone="bad" title={problemText(error)}>
      {retry && (
        <Button icon="refresh" onClick={retry}>
          {t().common.retry}
        </Button>
      )}
    </Notice>
  );
}

/** Loaded shows a resource: its place while it is asked for, what is known, and why the last question failed. */
export function Loaded<T>(props: { of: Resource<T>; rows?: number; children(data: T): ComponentChildren }) {
  const { data, error, loading, refresh } = props.of;
  return (
    <>
      {error && <Problem error={error} retry={refresh} />}
      {data !== undefined ? props.children(data) : loading && <Skeleton rows={props.rows} label={t().common.loading} />}
    </>
  );
}
