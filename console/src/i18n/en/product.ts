export default {
  title: "Products",
};
