"""The documentation: the site's pages, and in `render` what is made from the code."""
