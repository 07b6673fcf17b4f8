import { lang, languages, setLang, t } from "../i18n";
import { densities, density, keysOn, theme, themes } from "../lib/prefs";
import { session, signOut } from "../lib/session";
import { Badge, Button, Card, Choice, KeyValues, PageHead, Time } from "../ui";
import type { PageProps } from ".";

/** Settings are how the console looks in this browser, and who is signed in. */
export default function Settings(_: PageProps) {
  const { settings, common } = t();
  return (
    <>
      <PageHead title={settings.title} lead={settings.lead} />
      <div class="stack narrow">
        <Card>
          <div class="stack">
            <Choice
              label={settings.language}
              value={lang.value}
              options={languages.map(({ lang: value, name }) => ({ value, text: name, lang: value }))}
              onValue={setLang}
            />
            <Choice
              label={settings.theme}
              value={theme.value}
              options={themes.map((value) => ({ value, text: settings.themes[value] }))}
              onValue={(value) => {
                theme.value = value;
              }}
            />
            <Choice
              label={settings.density}
              hint={settings.densityHint}
              value={density.value}
              options={densities.map((value) => ({ value, text: settings.densities[value] }))}
              onValue={(value) => {
                density.value = value;
              }}
            />
            <Choice
              label={settings.keys}
              hint={settings.keysHint}
              value={keysOn.value ? "on" : "off"}
              options={[
                { value: "on", text: settings.keysOn },
                { value: "off", text: settings.keysOff },
              ]}
              onValue={(value) => {
                keysOn.value = value === "on";
              }}
            />
          </div>
        </Card>
        <SessionCard signOutText={common.signOut} />
      </div>
    </>
  );
}

function SessionCard({ signOutText }: { signOutText: string }) {
  const { settings } = t();
  const who = session.value;
  if (!who) return null;
  return (
    <Card
      title={settings.session}
      aside={
        <Button icon="out" onClick={signOut}>
          {signOutText}
        </Button>
      }
    >
      <KeyValues
        items={[
          [settings.subject, who.subject],
          [
            settings.role,
            <Badge key="role" icon="user">
              {who.role}
            </Badge>,
          ],
          [settings.expires, <Time key="at" at={who.expiresAt} />],
          [
            settings.allowed,
            <span key="allowed" class="tags">
              {who.allowed.map((action) => (
                <code key={action}>{action}</code>
              ))}
            </span>,
          ],
        ]}
      />
    </Card>
  );
}
