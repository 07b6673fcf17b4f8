import { Component, type ComponentChildren } from "preact";
import { t } from "../i18n";
import { Button } from "./button";
import { Empty } from "./layout";

/** Boundary keeps a failure of a page to the page; a new address (name) tries anew. */
export class Boundary extends Component<{ name: string; children: ComponentChildren }, { failed: string | undefined }> {
  state = { failed: undefined };

  componentDidCatch(error: unknown) {
    this.setState({ failed: this.props.name });
    // biome-ignore lint/suspicious/noConsole: a failure of the page itself belongs there
    console.error(error);
  }

  render() {
    if (this.state.failed !== this.props.name) return this.props.children;
    const { crash } = t().shell;
    return (
      <Empty icon="bad" title={crash.title}>
        <p>{crash.text}</p>
        <Button icon="refresh" onClick={() => this.setState({ failed: undefined })}>
          {t().common.retry}
        </Button>
      </Empty>
    );
  }
}
