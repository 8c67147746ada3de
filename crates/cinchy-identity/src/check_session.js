(function () {
  "use strict";
  var name = document.body.dataset.cookie;

  function sha256(text) {
    var K = [], H = [], i, j, n = 0, isComposite = {}, candidate = 2;
    function fraction(x) { return ((x - Math.floor(x)) * 4294967296) | 0; }
    for (; n < 64; candidate++) {
      if (isComposite[candidate]) continue;
      for (i = candidate * candidate; i < 400; i += candidate) isComposite[i] = true;
      if (n < 8) H[n] = fraction(Math.sqrt(candidate));
      K[n++] = fraction(Math.pow(candidate, 1 / 3));
    }
    var bytes = Array.prototype.slice.call(new TextEncoder().encode(text));
    var bits = bytes.length * 8;
    bytes.push(128);
    while (bytes.length % 64 !== 56) bytes.push(0);
    for (i = 7; i >= 0; i--) bytes.push(Math.floor(bits / Math.pow(256, i)) & 255);
    function rotr(x, k) { return (x >>> k) | (x << (32 - k)); }
    for (j = 0; j < bytes.length; j += 64) {
      var w = [], v = H.slice();
      for (i = 0; i < 64; i++) {
        if (i < 16) {
          w[i] = (bytes[j + 4 * i] << 24) | (bytes[j + 4 * i + 1] << 16) | (bytes[j + 4 * i + 2] << 8) | bytes[j + 4 * i + 3];
        } else {
          var a = w[i - 15], b = w[i - 2];
          w[i] = (w[i - 16] + (rotr(a, 7) ^ rotr(a, 18) ^ (a >>> 3)) + w[i - 7] + (rotr(b, 17) ^ rotr(b, 19) ^ (b >>> 10))) | 0;
        }
        var t1 = (v[7] + (rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i]) | 0;
        var t2 = ((rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]))) | 0;
        v = [(t1 + t2) | 0, v[0], v[1], v[2], (v[3] + t1) | 0, v[4], v[5], v[6]];
      }
      for (i = 0; i < 8; i++) H[i] = (H[i] + v[i]) | 0;
    }
    var out = "";
    for (i = 0; i < 8; i++) {
      for (j = 24; j >= 0; j -= 8) out += String.fromCharCode((H[i] >>> j) & 255);
    }
    return btoa(out).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function session() {
    var found = document.cookie.split(";").map(function (pair) { return pair.trim(); })
      .filter(function (pair) { return pair.indexOf(name + "=") === 0; })[0];
    return found ? found.substring(name.length + 1) : "";
  }

  function answer(origin, message) {
    var blank = typeof message === "string" ? message.lastIndexOf(" ") : -1;
    if (blank < 1) return "error";
    var client = message.substring(0, blank), state = message.substring(blank + 1);
    var dot = state.indexOf(".");
    if (dot < 1) return "error";
    var salt = state.substring(dot + 1);
    return sha256(client + origin + session() + salt) === state.substring(0, dot) ? "unchanged" : "changed";
  }

  if (window.parent !== window) {
    window.addEventListener("message", function (event) {
      event.source.postMessage(answer(event.origin, event.data), event.origin);
    });
  }
})();
