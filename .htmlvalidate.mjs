// For pages as the browser saves them. What is switched off, and why.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // the browser writes required="" for required when it saves a page
    "attribute-boolean-style": "off",
    "attribute-empty-style": "off",
    // a title is what an expert or a lead wrote; it is not cut for a search engine
    "long-title": "off",
    // checkboxes of one group share a name, as HTML intends; square brackets are PHP's
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit", "reset"] }],
  },
};
