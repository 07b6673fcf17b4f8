import { render } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import { Markdown, type MarkdownProps } from "./markdown";
import { safeUrl } from "./markdown_inline";

const root = document.createElement("div");

function html(text: string, props: Partial<MarkdownProps> = {}): string {
  render(<Markdown text={text} {...props} />, root);
  return root.innerHTML;
}

afterEach(() => {
  render(null, root);
});

describe("blocks", () => {
  it("begin a level below the page, however deep", () => {
    expect(html("# A\n###### B ##")).toBe("<h2>A</h2><h6>B</h6>");
    expect(html("# A", { level: 1 })).toBe("<h1>A</h1>");
  });

  it("join the lines of a paragraph", () => {
    expect(html("one\ntwo\n\nthree\n# H")).toBe("<p>one two</p><p>three</p><h2>H</h2>");
  });

  it("keep code as it is, and its end open", () => {
    expect(html("```bash\na < b\n\n# no heading\n```\nc")).toBe(
      '<pre tabindex="0" data-language="bash"><code>a &lt; b\n\n# no heading</code></pre><p>c</p>',
    );
    expect(html("```\nx")).toBe('<pre tabindex="0"><code>x</code></pre>');
  });

  it("make lists, one in the other, with code inside", () => {
    expect(html("- a\n- b\n  - c\n- d")).toBe("<ul><li>a</li><li><p>b</p><ul><li>c</li></ul></li><li>d</li></ul>");
    expect(html("3. a\n4. b\n   goes on\n\n   ```\n   x\n     y\n   ```\n5. c")).toBe(
      '<ol start="3"><li>a</li><li><p>b goes on</p><pre tabindex="0"><code>x\n  y</code></pre></li><li>c</li></ol>',
    );
    expect(html("- a\n\ntext")).toBe("<ul><li>a</li></ul><p>text</p>");
  });

  it("make tables, with code that has bars in it", () => {
    expect(html("| A | B |\n|---|:-:|\n| `x|y` | |\n| c \\| d | **e** |\nend")).toBe(
      '<div class="table-scroll" tabindex="0"><table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>' +
        "<tbody><tr><td><code>x|y</code></td><td></td></tr><tr><td>c | d</td><td><strong>e</strong></td></tr></tbody></table></div><p>end</p>",
    );
  });

  it("make quotes and rules", () => {
    expect(html("> a\n> - b\n\n---")).toBe("<blockquote><p>a</p><ul><li>b</li></ul></blockquote><hr>");
  });
});

describe("what stands in a line", () => {
  it("is code, strong, emphasis, and nothing of it inside a word", () => {
    expect(html("`a*b*` **c `d`** *e* snake_case_name 2*3*4 ``x`y``")).toBe(
      "<p><code>a*b*</code> <strong>c <code>d</code></strong> <em>e</em> snake_case_name 2*3*4 <code>x`y</code></p>",
    );
  });

  it("can be escaped", () => {
    expect(html("\\*a\\* \\`b\\`")).toBe("<p>*a* `b`</p>");
  });

  it("is a link, given or bare", () => {
    const safe = 'rel="noreferrer noopener" target="_blank"';
    expect(html("[**a**](https://x.example/?a=1&b=2) https://y.example/z.")).toBe(
      `<p><a href="https://x.example/?a=1&amp;b=2" ${safe}><strong>a</strong></a> <a href="https://y.example/z" ${safe}>https://y.example/z</a>.</p>`,
    );
  });

  it("leads where the page says", () => {
    const link = (to: string) => (to.endsWith(".md") ? `#/runbooks/${to.slice(0, -3)}` : undefined);
    expect(html("[a](Other.md) [b](elsewhere)", { link })).toBe(
      '<p><a href="#/runbooks/Other">a</a> <span>b</span></p>',
    );
  });
});

describe("what is no text", () => {
  it("stays text", () => {
    expect(html("<script>alert(1)</script> <img src=x onerror=alert(1)>")).toBe(
      "<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=alert(1)&gt;</p>",
    );
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "//evil.example",
    "file:///etc/passwd",
  ])("is no address: %j", (address) => {
    expect(safeUrl(address)).toBeUndefined();
    expect(html(`[a](${address})`)).not.toContain("href");
    expect(html("[a](b)", { link: () => address })).not.toContain("href");
  });
});
