// Loaded before a server of somebody else's: it listens on this machine only, calls nobody else, and ends with the
// process that started it, which holds its stdin.
const dns = require("node:dns");
const net = require("node:net");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return typeof port === "number" ? listen.call(this, { port, host: "127.0.0.1" }, ...rest) : listen.call(this, port, ...rest);
};

const lookup = dns.lookup;
dns.lookup = function (name, ...rest) {
  if (name !== "localhost" && !net.isIP(name)) {
    const done = rest.at(-1);
    process.nextTick(done, Object.assign(new Error(`a test does not call ${name}`), { code: "ENOTFOUND" }));
    return;
  }
  return lookup.call(this, name, ...rest);
};

process.stdin.on("end", () => process.exit()).resume();
