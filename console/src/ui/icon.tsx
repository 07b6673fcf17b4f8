/** The shapes of the icons, on a grid of 16, drawn with a stroke. */
const shapes = {
  sales: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  books:
    "M2.5 3h4A1.5 1.5 0 0 1 8 4.5v9A1.5 1.5 0 0 0 6.5 12h-4zM13.5 3h-4A1.5 1.5 0 0 0 8 4.5v9A1.5 1.5 0 0 1 9.5 12h4z",
  product: "M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.2 13.5 5M8 8.2v6",
  preflight: "M5.5 2.5h5v2h-5zM5.5 3.5H3v11h10v-11h-2.5M5.5 9.5l1.8 1.8 3.4-3.6",
  attempts: "M7 12.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM11 11l3.5 3.5",
  streams:
    "M1.5 4.5c2.2-2 4.3-2 6.5 0s4.3 2 6.5 0M1.5 8.5c2.2-2 4.3-2 6.5 0s4.3 2 6.5 0M1.5 12.5c2.2-2 4.3-2 6.5 0s4.3 2 6.5 0",
  letters: "M1.5 3.5h13v9h-13zM1.5 4l6.5 5 6.5-5",
  audit: "M3 1.5h10v13H3zM5.5 5h5M5.5 8h5M5.5 11h3",
  runbooks:
    "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3.4 3.4l2.8 2.8M9.8 9.8l2.8 2.8M12.6 3.4 9.8 6.2M6.2 9.8l-2.8 2.8",
  settings:
    "M1.5 4.5h7M12.5 4.5h2M1.5 11.5h2M7.5 11.5h7M10.5 6.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5.5 13.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  help: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM6 6.2a2 2 0 1 1 2.8 1.9c-.5.2-.8.6-.8 1.2M8 11.4v.1",
  menu: "M2 4h12M2 8h12M2 12h12",
  close: "m4 4 8 8M12 4l-8 8",
  check: "m3 8.5 3.2 3.2L13 4.8",
  warn: "M8 2 14.7 13.5H1.3zM8 6.5v3M8 11.5v.1",
  bad: "M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM8 5v3.5M8 10.9v.1",
  info: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 7.3v4M8 4.9V5",
  dot: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  pause: "M5.5 3v10M10.5 3v10",
  play: "M4.5 2.5v11l9-5.5z",
  stop: "M3.5 3.5h9v9h-9z",
  plus: "M8 3v10M3 8h10",
  edit: "M10.5 2.5l3 3-8 8H2.5v-3z",
  refresh: "M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 1.5v3h-3",
  next: "m6 3 5 5-5 5",
  back: "m10 3-5 5 5 5",
  down: "m3 6 5 5 5-5",
  save: "M8 2v8.5M4 7l4 4 4-4M2.5 14h11",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 4.5V8l2.5 1.5",
  user: "M8 7.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14.5c0-3 2.4-4.5 5.5-4.5s5.5 1.5 5.5 4.5",
  lock: "M3.5 7h9v7.5h-9zM5.5 7V4.5a2.5 2.5 0 0 1 5 0V7",
  out: "M6 2.5H2.5v11H6M10.5 4.5 14 8l-3.5 3.5M14 8H6",
  open: "M9.5 2.5h4v4M13.5 2.5 7 9M6.5 3.5h-4v10h10v-4",
} as const;

/** IconName is an icon that there is. */
export type IconName = keyof typeof shapes;

/** Sprite holds all icons once; Icon uses them by reference. */
export function Sprite() {
  return (
    <svg class="sprite" aria-hidden="true">
      {Object.entries(shapes).map(([name, d]) => (
        <symbol key={name} id={`i-${name}`} viewBox="0 0 16 16">
          <path d={d} />
        </symbol>
      ))}
    </svg>
  );
}

/** Icon is a symbol beside a word, never instead of one: give the button that has none a label. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}
