export default {
  title: "Sales",
};
