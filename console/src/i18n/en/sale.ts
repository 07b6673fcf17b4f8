export default {
  title: "Sale",
};
