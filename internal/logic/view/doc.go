// Package view turns what is stored into the shapes of contract section 6.
package view
