import { StreamList } from "../streams/list";
import { OneStream } from "../streams/one";
import type { PageProps } from ".";

/** Streams shows the streams of all products, or of one, as Redis holds them. */
export default function Streams({ args: [id], query }: PageProps) {
  return id === undefined ? <StreamList query={query} /> : <OneStream key={id} id={id} />;
}
