package bench;

import java.util.Map;

/** The code tables of the brigade's system, and the bureau for which each of its units inspects. */
final class Codes {
    static final Map<String, String> TYPES =
            Map.of("日常检查", "DAILY", "个案检查", "CASE", "专项检查", "SPECIAL", "例行检查", "DAILY");
    static final Map<String, String> TRIGGERS = Map.of(
            "投诉举报", "COMPLAINT", "上级交办", "ASSIGNED", "监测预警", "MONITORING", "应急处置", "EMERGENCY",
            "企业申请", "REQUEST", "年度计划", "PLAN", "双随机", "RANDOM");
    static final Map<String, String> SUBJECT_TYPES =
            Map.of("企业", "ENT", "个体工商户", "SELF_EMPLOYED", "其他组织", "ORG", "自然人", "PERSON");
    static final Map<String, String> TIERS = Map.of("市级", "CITY", "区级", "DISTRICT");
    static final Map<String, String> MODES = Map.of("现场", "ONSITE", "非现场", "REMOTE", "书面", "DOCUMENT");
    static final Map<String, String> STATES = Map.of("已报送", "SUBMITTED", "已批准", "APPROVED");
    static final Map<String, String> POSTS = Map.of(
            "正职负责人", "HEAD", "主持工作负责人", "ACTING_HEAD", "副职负责人", "DEPUTY",
            "县级公安机关负责人", "COUNTY_POLICE_HEAD", "上一级公安机关负责人", "UPPER_POLICE_HEAD");
    static final Map<String, Boolean> YES_NO = Map.of("是", true, "否", false);

    static final Map<String, String> UNITS = Map.of(
            "GY-ZD-DD2", "GY-YJJ", "GY-ZD-DD3", "GY-NYNCJ", "GY-ZD-DD4", "GY-RSJ", "GY-ZD-DD5", "GY-ZRGHJ",
            "GY-ZD-DD6", "GY-SWJ");

    private Codes() {}

    static <T> T mandatory(Map<String, T> table, String word) throws Refused {
        T code = table.get(word);
        if (code == null) {
            throw new Refused("code");
        }
        return code;
    }

    static <T> T optional(Map<String, T> table, String word) throws Refused {
        return Rules.absent(word) ? null : mandatory(table, word);
    }
}
