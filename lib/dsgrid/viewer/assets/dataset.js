// The dataset page: what is chosen stands in the address, and the page stays as it is.
"use strict";
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.dsgrid_dataset = {
  remember(href) {
    if (href) history.replaceState(history.state, "", href);
    return window.dash_clientside.no_update;
  },
};
