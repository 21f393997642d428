// Copies the code of an invitation link into the form, and removes it from the address.
"use strict";

(() => {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!code) return;
  document.getElementById("code").value = code;
  history.replaceState(null, "", location.pathname);
  document.querySelector("#team, #member").focus();
})();
