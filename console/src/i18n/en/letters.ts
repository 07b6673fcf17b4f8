export default {
  title: "Dead letters",
};
