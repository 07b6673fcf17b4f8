-- +goose Up
--
-- Fails unless the product is record-only, and keeps it so until the end of the
-- transaction. Batches of a record-only product are copied in without reading the
-- product first; this is what keeps a batch from being stored as PROCESSING when
-- an operator turns the product into a settled one at the same moment.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION seckill_require_record_only(product bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM seckill_products
      WHERE product_id = product AND stock_total IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'product % is not record-only', product USING ERRCODE = 'SK001';
    END IF;
END $$;
-- +goose StatementEnd
