export default {
  title: "Runbooks",
};
