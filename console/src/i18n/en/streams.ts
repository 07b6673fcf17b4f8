export default {
  title: "Streams",
};
