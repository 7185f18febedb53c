# The same base with a real program: `tools` is a folder that has a static busybox.
FROM scratch
COPY rootfs/ /
COPY --from=tools --chmod=755 busybox /bin/busybox
WORKDIR /tmp
WORKDIR /root
WORKDIR /home/app
WORKDIR /
CMD ["/bin/sh"]
