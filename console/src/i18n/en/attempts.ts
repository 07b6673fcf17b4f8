export default {
  title: "Attempts & orders",
};
