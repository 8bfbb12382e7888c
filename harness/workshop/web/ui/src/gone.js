import { h } from "./dom.js";

// Gone shows a banner while the server does not answer.
export class Gone {
  // lost shows the banner, which says since when.
  lost = () => {
    if (this.el) return;
    const at = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    this.el = h(
      "p",
      { class: "gone", role: "alert" },
      `bpflab has not answered since ${at}. This page goes on by itself once it does; what you type is kept here.`,
    );
    document.body.prepend(this.el);
  };

  // back removes the banner.
  back = () => {
    this.el?.remove();
    this.el = undefined;
  };
}
