export default {
  title: "Keys",
  lead: "A key of one letter works when no field has the focus.",
  goTo: "Go to",
  anywhere: "Anywhere",
  andThen: "then",
  thisHelp: "Show or hide this map",
  search: "Go to the page's search field",
  enter: "In a filter: search",
  theme: "Change the theme",
  close: "Close a dialog",
};
