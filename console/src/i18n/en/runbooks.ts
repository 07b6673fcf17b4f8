export default {
  title: "Runbooks",
  lead: "What to do: one for every alert, and one for every check of the pre-flight.",
  search: "Search",
  kinds: { alert: "Alerts", check: "Pre-flight checks" },
  noMatch: "No runbook matches",
  missing: (name: string) => `There is no runbook ${name}`,
  missingText: "It may be of another version of the service.",
  absent: "This service has no runbooks",
  absentText: "They come with a newer version. They are in the documentation as well, under docs/en/runbooks.",
  all: "All runbooks",
};
