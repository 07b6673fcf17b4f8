import { ProductForm } from "../product/form";
import { ProductList } from "../product/list";
import { ChangeProduct, OneProduct } from "../product/one";
import type { PageProps } from ".";

/** Product lists the products (#/products), shows one (/ID), changes it (/ID/change) or registers one (/new). */
export default function Product({ args: [id, act], query }: PageProps) {
  if (id === undefined) return <ProductList query={query} />;
  if (id === "new") return <ProductForm key="new" />;
  return act === "change" ? <ChangeProduct key={id} id={id} /> : <OneProduct key={id} id={id} />;
}
