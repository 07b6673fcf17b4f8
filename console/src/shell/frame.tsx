import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { helpShown } from "../lib/keys";
import { hrefOf, route } from "../lib/router";
import { session } from "../lib/session";
import { pages } from "../pages";
import { Boundary, Button, Icon, PageHead } from "../ui";

/** Frame is the navigation, and the page that the address names. */
export function Frame() {
  const { shell } = t();
  const [menu, setMenu] = useState(false);
  const { parts } = route.value;
  const main = useRef<HTMLElement>(null);
  const address = parts.join("/");
  useFocusOnMove(main, address);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new address closes the menu
  useEffect(() => setMenu(false), [address]);
  return (
    <div class={menu ? "frame menu-open" : "frame"}>
      <header class="bar">
        <a
          class="skip"
          href={`#/${address}`}
          onClick={(event) => {
            event.preventDefault();
            main.current?.focus();
          }}
        >
          {shell.skip}
        </a>
        <a class="brand" href="#/sales">
          <Logo />
          <span>seckill</span>
        </a>
        <span class="menu-button">
          <Button kind="quiet" icon={menu ? "close" : "menu"} iconOnly expanded={menu} onClick={() => setMenu(!menu)}>
            {shell.menu}
          </Button>
        </span>
        <Navigation current={parts[0]} />
        <Foot />
      </header>
      <main ref={main} tabIndex={-1}>
        <Boundary name={address}>
          <PageOf />
        </Boundary>
      </main>
    </div>
  );
}

function Navigation({ current }: { current: string | undefined }) {
  const texts = t();
  return (
    <nav class="pages" aria-label={texts.shell.nav}>
      <ul>
        {pages.map((page) => (
          <li key={page.path}>
            <a href={hrefOf([page.path])} aria-current={page.path === current ? "page" : undefined}>
              <Icon name={page.icon} />
              {page.title(texts)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Foot() {
  const { shell } = t();
  const who = session.value;
  return (
    <div class="foot">
      {who && (
        <a class="who" href="#/settings" title={shell.session(who.subject, who.role)}>
          <Icon name="user" />
          <span>
            {who.subject}
            <small>{who.role}</small>
          </span>
        </a>
      )}
      <Button
        kind="quiet"
        icon="help"
        iconOnly
        onClick={() => {
          helpShown.value = true;
        }}
      >
        {shell.help}
      </Button>
    </div>
  );
}

function PageOf() {
  const { parts, query } = route.value;
  const [name, ...args] = parts;
  const page = pages.find(({ path }) => path === name);
  const Shown = args.length > 0 ? (page?.one ?? page?.list) : page?.list;
  if (!Shown) return <Missing />;
  return <Shown key={name} args={args} query={query} />;
}

function Missing() {
  const { missing } = t().shell;
  return (
    <>
      <PageHead title={missing.title} lead={missing.text} />
      <a class="button" href="#/sales">
        {missing.home}
      </a>
    </>
  );
}

/** Logo is the mark of the service. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M18 5 8 18h7l-1.5 9L24 14h-7z" />
    </svg>
  );
}

/** useFocusOnMove moves the focus to the page when the address names another, as a browser does. */
function useFocusOnMove(main: { current: HTMLElement | null }, address: string) {
  const before = useRef(address);
  useEffect(() => {
    if (before.current === address) return;
    before.current = address;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [address, main]);
}
