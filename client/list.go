package client

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"strconv"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"` // newest first, unless the list says otherwise

	// NextCursor is where the next page begins; empty at the end.
	NextCursor string `json:"nextCursor"`
}

// List is a list of the service, which is read page by page. Making one calls nothing.
type List[T any] struct {
	client *Client
	path   string
	query  url.Values
}

// pageItems is how many items All fetches at a time: as many as the service gives.
const pageItems = 100

// Page fetches the page that begins at cursor, NextCursor of the page before, or "" for
// the first. It has at most limit items, 1 to 100; 0 leaves that to the service, which
// takes 20.
func (l List[T]) Page(ctx context.Context, cursor string, limit int) (Page[T], error) {
	query := url.Values{}
	maps.Copy(query, l.query)
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	if limit != 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	return fetch[Page[T]](ctx, l.client, get(l.path, query))
}

// All goes through the whole list, and fetches pages as they are needed. After an error,
// which comes with a zero item, it ends.
//
//	for product, err := range c.Products().All(ctx) {
func (l List[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := ""; ; {
			page, err := l.Page(ctx, cursor, pageItems)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if cursor = page.NextCursor; cursor == "" {
				return
			}
		}
	}
}
