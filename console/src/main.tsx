import { render } from "preact";
import { App } from "./app";
import { takeFragmentToken } from "./lib/session";
import "./style/index.css";

const root = document.getElementById("app");
takeFragmentToken(); // before anything asks for anything
if (root) render(<App />, root);
