import attempts from "./attempts";
import audit from "./audit";
import books from "./books";
import common from "./common";
import help from "./help";
import letters from "./letters";
import preflight from "./preflight";
import product from "./product";
import runbooks from "./runbooks";
import sale from "./sale";
import sales from "./sales";
import settings from "./settings";
import shell from "./shell";
import streams from "./streams";

/** Sections of texts: those of the shell, then one for each page. */
export default {
  common,
  shell,
  settings,
  help,
  sales,
  sale,
  books,
  product,
  preflight,
  attempts,
  streams,
  letters,
  audit,
  runbooks,
};
