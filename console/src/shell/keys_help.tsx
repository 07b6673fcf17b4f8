import { Fragment } from "preact";
import { t } from "../i18n";
import { goKeys, helpShown } from "../lib/keys";
import { pages } from "../pages";
import { Dialog } from "../ui";

/** KeysHelp is the map of keys. */
export function KeysHelp() {
  const texts = t();
  const { help } = texts;
  const titleOf = (path: string) => pages.find((page) => page.path === path)?.title(texts);
  return (
    <Dialog
      title={help.title}
      wide
      onClose={() => {
        helpShown.value = false;
      }}
    >
      <div class="body">
        <p class="lead">{help.lead}</p>
        <div class="columns">
          <section>
            <h3>{help.goTo}</h3>
            <dl class="keys">
              {Object.entries(goKeys).map(([key, path]) => (
                <Row key={key} keys={["g", key]} text={titleOf(path) ?? path} />
              ))}
            </dl>
          </section>
          <section>
            <h3>{help.anywhere}</h3>
            <dl class="keys">
              <Row keys={["?"]} text={help.thisHelp} />
              <Row keys={["/"]} text={help.search} />
              <Row keys={["Enter"]} text={help.enter} />
              <Row keys={["\\"]} text={help.theme} />
              <Row keys={["Esc"]} text={help.close} />
            </dl>
          </section>
        </div>
      </div>
    </Dialog>
  );
}

function Row({ keys, text }: { keys: readonly string[]; text: string }) {
  return (
    <div>
      <dt>
        {keys.map((key, position) => (
          <Fragment key={key}>
            {position > 0 && <span class="unseen">{t().help.andThen}</span>}
            <kbd>{key}</kbd>
          </Fragment>
        ))}
      </dt>
      <dd>{text}</dd>
    </div>
  );
}
