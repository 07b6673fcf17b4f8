export default {
  title: "Pre-flight",
};
