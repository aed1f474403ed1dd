"use strict";
// Last of all scripts: the network starts when everything it tells is there.

if (byId("network")) startNetwork(byId("network"));
else ready();
